"""A study on Ray: phases, books, lease, endings, and what becomes of lost workers."""
