"""Pictures out of other people's files: what is taken, what is made of it, and how safely."""
