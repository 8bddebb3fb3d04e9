"""What each study answers, in sentences made of its tables: the cards of the report."""
