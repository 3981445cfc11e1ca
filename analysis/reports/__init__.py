"""The report: one self-contained HTML page on a study, without any request to a network.

Every number links to the trials behind it, which are listed at the end of the page. Each section
is a file that gathers what it says, and a template that sets it.
"""
