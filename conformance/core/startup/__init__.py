"""What lets a short run begin sooner: classes that are quick to make, and packages of which a part is enough."""
