"""What is asked of the site when its city is cities/merrow, in a process of its own."""
