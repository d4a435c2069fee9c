"""`make demo`, `make run` and the pictures: the product to look at."""
