"""No module imports itself, by whatever way round: neither above nor within functions."""

from __future__ import annotations

import graphlib

import grimp


def test_no_module_imports_itself_in_a_circle() -> None:
    graph = grimp.build_graph("incay", exclude_type_checking_imports=True)
    imports = {each: graph.find_modules_directly_imported_by(each) for each in graph.modules}
    # Raises a CycleError that names the circle.
    graphlib.TopologicalSorter(imports).prepare()
