"""What goes on in a folder: its status, a page that follows it, and what can be removed."""
