"""Pages as text, Markdown and HTML: blocks, tabs, versions, prompts."""
