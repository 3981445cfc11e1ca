"""The statistics of the tables: one file per idea, plain numbers in, plain numbers out.

Distributions come from `scipy.special`, which loads in a fifth of the time of `scipy.stats`
(a plain table takes part of a second); the tests hold them against `scipy.stats` and
`statsmodels`.
"""
