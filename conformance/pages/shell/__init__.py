"""Shell commands of a page: words, here-documents, curl."""
