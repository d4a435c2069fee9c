"""`make chaos`: everything breaks while people work, then both books are compared."""
