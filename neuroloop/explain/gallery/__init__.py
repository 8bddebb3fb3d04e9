"""The page of a network: its images to browse, and all that was found."""
