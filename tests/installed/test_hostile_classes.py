"""A class that is made to hurt is held against its own entry; no look-up of another one notices."""

from fakes import constant_class

from seedbed.catalogue.catalogue import Catalogue

CLAIMING = """
import numpy as np
import seedbed

class Meta(type(seedbed.Initializer)):
    def __hash__(cls):
        return hash(seedbed.standard.RandomNormal)
    def __eq__(cls, other):
        return True

class Odd(seedbed.Initializer, metaclass=Meta):
    def __call__(self, shape, dtype=None):
        return np.ones(shape, dtype)
"""


def test_a_class_that_claims_to_be_one_of_cores_leaves_cores_as_it_is(site):
    site.add("bad", initializers={"odd": "bad_mod:Odd"}, modules={"bad_mod": CLAIMING})
    site.add("good", initializers={"seven": "good_mod:Seven"})
    site.add_module("good_mod", constant_class("Seven", 7))
    catalogue = Catalogue()
    assert catalogue.get("odd")(1).tolist() == [1]
    assert catalogue.get("random_normal", seed=7).get_config()["seed"] == 7
    assert catalogue.to_config(catalogue.get("random_normal"))["class_name"] == "RandomNormal"
    assert catalogue.get("seven")(1).tolist() == [7]
