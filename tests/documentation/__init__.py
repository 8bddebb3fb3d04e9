"""The documentation as it is kept: its commands, links, numbers and pictures."""
