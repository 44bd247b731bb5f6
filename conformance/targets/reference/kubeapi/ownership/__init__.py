"""Who owns which field of an object, and what applying it therefore changes."""
