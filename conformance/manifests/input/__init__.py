"""Files, folders and streams of manifests read, and what of them concerns an LLM provider."""
