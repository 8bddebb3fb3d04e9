"""What a config may say: every setting with its type, default, unit and meaning."""
