"""The web server: Voilà with edukit around it."""
