"""What is tested of the way to production; `make delivery` runs it."""
