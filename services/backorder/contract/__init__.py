"""What goes in and comes out in public: event models, envelope, topic catalogue, generated schemas.

Imports nothing of ours.
"""
