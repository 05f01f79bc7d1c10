"""What a sheet may hold, how its cells and headings are read, how much of it is taken."""
