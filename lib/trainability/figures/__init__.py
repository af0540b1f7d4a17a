"""Pictures of results: one module a lesson, a result in, a figure out."""
