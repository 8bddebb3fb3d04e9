"""The report, the look of figures, and the templates of pages."""
