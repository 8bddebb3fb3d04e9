"""What an audit of radiographs asks: do dealt classes tell something, and what else tells them?"""
