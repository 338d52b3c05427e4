"""SHACL shapes, compiled to functions over the store.

What is not compiled (custom components, SHACL-JS, SHACL-AF) is named in `Shapes.uncompiled`,
for pySHACL, which is also the oracle of the tests. rdflib and pySHACL are not imported else.

    paths, literals, data       what is read
    constraints                 shapes at work
    shapes_graph, components    what shapes say
    compiler, results           from the one to the other
    oracle                      pySHACL

Source: SHACL (W3C Recommendation, 20 July 2017), sections 2 to 5.
"""

from kytkos.shacl.compiler import Shapes, compile_shapes
from kytkos.shacl.data import Indexes
from kytkos.shacl.oracle import validate_with_pyshacl
from kytkos.shacl.results import Result

__all__ = ["Indexes", "Result", "Shapes", "compile_shapes", "validate_with_pyshacl"]
