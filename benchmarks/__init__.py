"""What the book claims about speed, as runnable comparisons."""
