"""What the movies of a session would tell a reader without any response: surrogates and leaks."""
