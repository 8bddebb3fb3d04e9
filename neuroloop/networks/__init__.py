"""Network architectures, and many networks trained as one batch."""
