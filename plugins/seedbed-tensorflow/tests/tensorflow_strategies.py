"""What a process of its own checks, since TensorFlow has its devices and cluster from its first call on.

``python tensorflow_strategies.py NAME`` calls the function of that name.
"""

from __future__ import annotations

import functools
import socket
import sys

import numpy as np
import tensorflow as tf
import tf_keras

import seedbed
from seedbed.models import Values
from seedbed_tensorflow import UnknownWeightError, as_tf, initialize

RULES = {"*bias": "zeros", "*orthogonal": "orthogonal", "*": "he_normal"}
LAYOUTS = {"own": "dense_io", "turned": "dense_oi", "orthogonal": "dense_io"}


class Model(tf.Module):
    def __init__(self):
        super().__init__()
        self.dense = tf_keras.layers.Dense(6, name="dense")
        self.dense.build((None, 8))
        self.own = tf.Variable(tf.zeros((1_600, 400)), name="own")
        self.turned = tf.Variable(tf.zeros((10, 8)), name="turned")
        self.orthogonal = tf.Variable(tf.zeros((8, 8)), name="orthogonal")
        self.gain = tf.Variable(1.0, name="gain")


def expected():
    def drawn(name, path, shape):
        return seedbed.get(name, seed=[7, path])(shape)

    return {
        "dense/kernel": drawn("he_normal", "dense/weight", (8, 6)),
        "own": drawn("he_normal", "own", (1_600, 400)),
        "turned": drawn("he_normal", "turned", (8, 10)).T,
        "orthogonal": drawn("orthogonal", "orthogonal", (8, 8)),
        "gain": drawn("he_normal", "gain", ()),
    }


def of(model):
    return {"dense/kernel": model.dense.kernel, **{name: getattr(model, name) for name in [*expected()][1:]}}


def initialized(model):
    initialize(model, RULES, seed=7, layouts=LAYOUTS, strict=True)


def drawn_by_layers():
    """Return what `as_tf` drew for a layer and a variable, and what it should have drawn."""
    shared = as_tf("he_normal", seed=7)
    dense = tf_keras.layers.Dense(6, kernel_initializer=shared, name="head")
    dense.build((None, 8))
    given = functools.partial(shared, (9, 4), tf.float32)
    own = tf.Variable(given, shape=(9, 4), dtype=tf.float32, name="own/table")
    he = seedbed.get("he_normal", seed=7)
    return [(dense.kernel, he.fold_in("head/kernel")((8, 6))), (own, he.fold_in("own/table")((9, 4)))]


def devices(count):
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * count
    )


def mirrored():
    devices(2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        for variable, wanted in drawn_by_layers():
            for replica in strategy.experimental_local_results(variable):
                np.testing.assert_array_equal(replica.numpy(), wanted)
        model = Model()
        tf_keras.mixed_precision.set_global_policy("mixed_bfloat16")
        cast = tf_keras.layers.Dense(3, use_bias=False, name="cast")
        cast.build((None, 4))
    initialized(model)
    initialize(cast, {"*": "he_normal"}, seed=7, prefix="cast")
    wanted = {**expected(), "cast": seedbed.get("he_normal", seed=[7, "cast/weight"])((4, 3))}
    for name, variable in {**of(model), "cast": cast.kernel}.items():
        replicas = strategy.experimental_local_results(variable)
        assert len(replicas) == 2, name
        for replica in replicas:
            np.testing.assert_array_equal(replica.numpy(), wanted[name], name)


def parameter_server():
    def address():
        with socket.socket() as free:
            free.bind(("localhost", 0))
            return f"localhost:{free.getsockname()[1]}"

    cluster = tf.train.ClusterSpec({"worker": [address()], "ps": [address() for _ in range(2)]})
    servers = [
        tf.distribute.Server(cluster, job_name=job, task_index=index, protocol="grpc")
        for job in cluster.jobs
        for index in range(cluster.num_tasks(job))
    ]
    strategy = tf.distribute.ParameterServerStrategy(
        tf.distribute.cluster_resolver.SimpleClusterResolver(cluster, rpc_layer="grpc"),
        variable_partitioner=tf.distribute.experimental.partitioners.FixedShardsPartitioner(2),
    )
    with strategy.scope():
        for variable, wanted in drawn_by_layers():
            assert len(variable.variables) == 2
            np.testing.assert_array_equal(variable.numpy(), wanted)
        try:
            tf.Variable(lambda: as_tf("he_normal", seed=7)((9, 4)), name="own/table")
        except UnknownWeightError as error:
            assert "a shape and a dtype" in str(error)
        else:
            raise AssertionError
        model = Model()
    initialized(model)
    for name, variable in of(model).items():
        if name != "gain":
            assert len(variable.variables) == 2, name
        np.testing.assert_array_equal(variable.numpy(), expected()[name], name)
    assert len(servers) == 3
    try:
        initialize(model, {"*": "zeros"}, seed=7, shard={"own": ((3_200, 400), (slice(0, 1_600),))})
    except seedbed.errors.ArgumentError as error:
        assert "its framework has sharded" in str(error)
    else:
        raise AssertionError


def dtensor():
    devices(4)
    from tensorflow.experimental import dtensor as dt

    mesh = dt.create_mesh([("x", 2), ("y", 2)], devices=[f"CPU:{n}" for n in range(4)])

    def divided(shape, *specs):
        layout = dt.Layout([name or dt.UNSHARDED for name in specs], mesh)
        return dt.DVariable(dt.call_with_layout(tf.zeros, layout, shape))

    model = tf.Module()
    model.own = divided((1_600, 400), "x", "y")
    model.turned = divided((10, 8), None, "y")
    model.orthogonal = divided((8, 8), "y", None)
    model.bias = divided((8,), None)
    layout = dt.Layout(["x", dt.UNSHARDED], mesh)
    head = tf_keras.layers.Dense(
        6, kernel_initializer=as_tf("he_normal", seed=7), name="head", use_bias=False
    )
    head.kernel_layout = layout
    head.build((None, 8))
    parts = dt.unpack(head.kernel.read_value())
    wanted = seedbed.get("he_normal", seed=[7, "head/kernel"])((8, 6))
    np.testing.assert_array_equal(parts[0].numpy(), wanted[:4])
    np.testing.assert_array_equal(parts[3].numpy(), wanted[4:])
    whole = Values.whole
    # What is divisible is not drawn whole.
    Values.whole = lambda values: whole(values) if not values.is_divisible else 1 / 0
    initialized(model)
    for name in ("own", "turned", "orthogonal"):
        variable = getattr(model, name)
        everywhere = dt.relayout(variable.read_value(), dt.Layout([dt.UNSHARDED] * 2, mesh))
        for part in dt.unpack(everywhere):
            np.testing.assert_array_equal(part.numpy(), expected()[name], name)


if __name__ == "__main__":
    globals()[sys.argv[1]]()
