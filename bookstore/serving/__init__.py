"""What `manage.py serve` is made of: preparing the shop, and keeping its processes running."""
