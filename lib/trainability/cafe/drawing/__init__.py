"""Draw faces from numbers: canvas, features, whole faces."""
