"""The static checks, a module for each subject."""
