"""What a user begins with: commented files that run as they are, and tests beside them.

The files are data, `templates/`: a component called ``mine``, whose name is put in the place of it.
"""
