"""The attacks of the Keras deserialisation advisories, as configs: refused or harmless, and nothing happens.

Each config goes to `seedbed.from_config` and to `seedbed.get` in a process of its own, whose audit hook notes
all that Python does: imports, files, processes, compiled and unmarshalled code, sockets, foreign functions. A
loader that does what the advisories tell of is watched in the same way, and must be caught.
"""

import base64
import json
import marshal
import subprocess
import sys

import pytest

MIB = 2**20

# Ids and frames, which everybody asks for, let nobody do anything.
WATCH = """
import json, sys, tracemalloc
import seedbed

HARMLESS = {"builtins.id", "sys._getframe"}
watching, events = False, []

def watch(event, arguments):
    if watching and event not in HARMLESS:
        events.append(f"{event} {arguments!r:.200}")

def observed(load, config):
    "Return what came of a config, what happened meanwhile, and how much memory it took."
    global watching
    events.clear()
    modules = set(sys.modules)  # since importlib.import_module raises no event of its own
    tracemalloc.start()
    watching = True
    try:
        came = load(config)
    except Exception as error:
        came = error
    finally:
        watching = False
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    events.extend(f"import {name}" for name in sorted(set(sys.modules) - modules))
    ours = isinstance(came, seedbed.SeedbedError)
    return {"came": type(came).__name__ if ours else repr(came)[:200], "events": [*events], "peak": peak}

def import_what_an_answer_needs():
    for entry in seedbed.catalogue():
        if entry.provider == "seedbed":
            arguments = getattr(seedbed.catalogue().load(entry), "example_arguments", ({},))[0]
            seedbed.get(entry.name, **arguments)
    for wrong in ({"class_name": "no_such_name"}, {"class_name": "HeNormal", "config": {"sed": 1}}):
        try:
            seedbed.get(wrong)
        except seedbed.SeedbedError:
            continue
"""

# What Keras did before it was mended: it resolved modules and functions, and unmarshalled code.
BELIEVES = """
import base64, importlib, marshal, types

def believe(config):
    arguments = config["config"]
    if config["class_name"] == "__lambda__":
        return types.FunctionType(marshal.loads(base64.b64decode(arguments["code"])), globals())()
    return getattr(importlib.import_module(config["module"]), config["class_name"])(**arguments)
"""

RUN = """
import_what_an_answer_needs()
sys.addaudithook(watch)
configs = json.load(sys.stdin)
print(json.dumps([observed({load}, config) for config in configs]))
"""

CODE = base64.b64encode(
    marshal.dumps(compile("__import__('os').system('true')", "<config>", "eval"))
).decode()
MARSHALLED = {"class_name": "__lambda__", "config": {"code": CODE, "defaults": None, "closure": None}}
GET_FILE = {
    "module": "keras.utils",
    "class_name": "get_file",
    "config": {"fname": "x.tar", "origin": "http://127.0.0.1/x.tar", "extract": True, "cache_dir": "/tmp"},
    "registered_name": None,
}
UNSAFE = {
    "module": "keras.config",
    "class_name": "function",
    "config": "enable_unsafe_deserialization",
    "registered_name": "function",
}


def initializer(class_name, /, **arguments):
    return {"class_name": class_name, "config": arguments}


def lambda_layer(function, **more):
    arguments = {"name": "lambda", "trainable": True, "function": function, "arguments": {}, **more}
    return {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": arguments,
        "registered_name": None,
        "build_config": {"input_shape": [None, 10]},
    }


ADVISORIES = {
    "CVE-2024-3660, marshalled code": {
        "a Lambda layer": (lambda_layer(MARSHALLED), "UnknownNameError"),
        "the code alone": (MARSHALLED, "UnknownNameError"),
        "a Lambda layer of Keras 2": (
            initializer("Lambda", function=[CODE, None, None], function_type="lambda", module="__main__"),
            "UnknownNameError",
        ),
        "a registered name": (
            {"class_name": "HeNormal", "config": {}, "registered_name": "Custom>__lambda__"},
            "UnknownNameError",
        ),
        "in a seed": (initializer("HeNormal", seed=MARSHALLED), "ArgumentError"),
        "in a list of seeds": (initializer("HeNormal", seed=[1, MARSHALLED]), "ArgumentError"),
        "in a number": (initializer("RandomNormal", stddev=MARSHALLED), "ArgumentError"),
        "in a constant": (initializer("Constant", value=MARSHALLED), "ArgumentError"),
        "in a constant's list": (initializer("Constant", value=[[0.0, MARSHALLED]]), "ArgumentError"),
        "in an array": (
            initializer("Constant", value={"class_name": "__numpy__", "config": {"value": MARSHALLED}}),
            "ArgumentError",
        ),
        "as an array's text": (
            initializer("Constant", value={"class_name": "__tensor__", "config": {"value": CODE}}),
            "ArgumentError",
        ),
    },
    "CVE-2025-1550, any module and function": {
        "a function": (
            {"module": "os", "class_name": "function", "config": "system", "registered_name": "function"},
            "ConfigError",
        ),
        "a call of a function": (
            {"module": "os", "class_name": "system", "config": {"command": "true"}, "registered_name": None},
            "UnknownNameError",
        ),
        "a call of a builtin": (
            {
                "module": "builtins",
                "class_name": "eval",
                "config": {"source": "1"},
                "registered_name": "eval",
            },
            "UnknownNameError",
        ),
        "a process": (
            {"module": "subprocess", "class_name": "Popen", "config": {"args": ["true"]}},
            "UnknownNameError",
        ),
        "a registered name that is a path": (
            {"class_name": "HeNormal", "config": {}, "registered_name": "builtins>eval"},
            "UnknownNameError",
        ),
        "a module beside a name of ours": (
            {"module": "antigravity", "class_name": "HeNormal", "config": {}, "registered_name": "HeNormal"},
            "HeNormal()",
        ),
        "a dotted name": (initializer("os.system", command="true"), "UnknownNameError"),
        "an entry point's target": (initializer("antigravity:Zeros"), "UnknownNameError"),
        "our own module": (initializer("seedbed.standard.constants:Zeros"), "UnknownNameError"),
        "an attribute of ours": (initializer("HeNormal.__init__.__globals__"), "UnknownNameError"),
        "a provider that is a module": (
            {"class_name": "system", "config": {"command": "true"}, "provider": "os==1"},
            "UnknownNameError",
        ),
        "a provider that is a path": (
            {"class_name": "HeNormal", "config": {}, "provider": "../../tmp==1"},
            "ConfigError",
        ),
        "a provider that is an address": (
            {"class_name": "HeNormal", "config": {}, "provider": "acme @ http://127.0.0.1/acme.whl"},
            "ConfigError",
        ),
        "the inputs of a call": (
            {**lambda_layer(MARSHALLED), "inbound_nodes": [{"args": ["true"], "kwargs": {}}]},
            "ConfigError",
        ),
        "an argument that is an attribute": (initializer("HeNormal", __class__="os"), "ConfigError"),
        "an argument that seals": (initializer("HeNormal", _sealed=False), "ConfigError"),
        "an argument that is the object": (initializer("HeNormal", self=None), "ConfigError"),
    },
    "CVE-2025-8747, functions of Keras that load files": {
        "get_file": (GET_FILE, "UnknownNameError"),
        "get_file as a function": (
            {**UNSAFE, "module": "keras.utils", "config": "get_file"},
            "ConfigError",
        ),
        "get_file in a Lambda layer": (
            lambda_layer(
                {**UNSAFE, "module": "keras.utils", "config": "get_file"}, arguments=GET_FILE["config"]
            ),
            "UnknownNameError",
        ),
        "get_file in a number": (initializer("RandomNormal", stddev=GET_FILE), "ArgumentError"),
        "get_file in axes": (initializer("HeNormal", axes=GET_FILE), "ArgumentError"),
        "get_file in the axes of Keras": (
            initializer("HeNormal", input_axes=GET_FILE, output_axes=[GET_FILE]),
            "ArgumentError",
        ),
        "get_file in a choice": (initializer("VarianceScaling", mode=GET_FILE), "ArgumentError"),
        "get_file as the dtype": (initializer("Zeros", dtype=GET_FILE), "ConfigError"),
    },
    "CVE-2025-9905, old forms that skip the checks": {
        "a Sequential model": (
            initializer("Sequential", name="m", layers=[lambda_layer(MARSHALLED)]),
            "UnknownNameError",
        ),
        "a Sequential model of Keras 1": (
            {"class_name": "Sequential", "config": [lambda_layer(MARSHALLED)]},
            "ConfigError",
        ),
        "custom objects": (
            {"class_name": "Mine", "config": {}, "custom_objects": {"Mine": MARSHALLED}},
            "ConfigError",
        ),
        "an initializer around another": (
            initializer("HeNormal", seed=initializer("Lambda", function=[CODE, None, None])),
            "ArgumentError",
        ),
        "the seed's generator": (
            initializer("HeNormal", seed=initializer("SeedGenerator", seed=MARSHALLED)),
            "ArgumentError",
        ),
    },
    "CVE-2025-9906, the switch for safe mode": {
        "the switch as a function": (UNSAFE, "ConfigError"),
        "the switch as a class": (
            {"module": "keras.config", "class_name": "enable_unsafe_deserialization", "config": {}},
            "UnknownNameError",
        ),
        "the switch in an argument": (initializer("HeNormal", seed=UNSAFE), "ArgumentError"),
        "safe_mode beside the name": (
            {"class_name": "HeNormal", "config": {}, "safe_mode": False},
            "ConfigError",
        ),
        "safe_mode among the arguments": (initializer("HeNormal", safe_mode=False), "ConfigError"),
        "load_model without it": (
            {
                "module": "keras.models",
                "class_name": "load_model",
                "config": {"filepath": "/tmp/model.keras", "safe_mode": False},
                "registered_name": "keras>load_model",
            },
            "UnknownNameError",
        ),
    },
    "CVE-2026-1462, paths that are loaded": {
        "a TFSMLayer": (
            {
                "module": "keras.layers",
                "class_name": "TFSMLayer",
                "config": {"filepath": "/etc", "call_endpoint": "serve"},
                "registered_name": "keras>TFSMLayer",
            },
            "UnknownNameError",
        ),
        "a vocabulary": (initializer("StringLookup", vocabulary="/etc/passwd"), "UnknownNameError"),
        "a path as the name": (initializer("../../../etc/passwd"), "UnknownNameError"),
        "a path as the axes": (initializer("HeNormal", axes="/etc/passwd"), "ArgumentError"),
        "a path as a constant": (initializer("Constant", value="/etc/passwd"), "ArgumentError"),
        "a path as an array": (
            initializer("Constant", value={"class_name": "__numpy__", "config": "/etc/passwd"}),
            "ArgumentError",
        ),
        "an address as a number": (initializer("RandomNormal", mean="http://127.0.0.1/"), "ArgumentError"),
        "a path as a seed, which may be any text": (
            initializer("HeNormal", seed="/etc/passwd"),
            "HeNormal(seed='/etc/passwd')",
        ),
    },
    "any of these in an initializer that is made of others": {
        "a Lambda layer": (
            initializer("Scaled", initializer=lambda_layer(MARSHALLED), factor=2.0),
            "UnknownNameError",
        ),
        "code in a list": (initializer("SumOf", initializers=["zeros", MARSHALLED]), "UnknownNameError"),
        "get_file": (initializer("Stacked", initializer=GET_FILE), "UnknownNameError"),
        "the switch": (initializer("Stacked", initializer=UNSAFE), "ConfigError"),
        "an entry point's target": (
            initializer("Stacked", initializer="antigravity:Zeros"),
            "UnknownNameError",
        ),
        "a module beside a name of ours": (
            initializer(
                "Stacked", initializer={"module": "antigravity", "class_name": "HeNormal", "config": {}}
            ),
            "Stacked(initializer=HeNormal())",
        ),
        "code as the mask": (initializer("Masked", initializer="ones", mask=MARSHALLED), "ArgumentError"),
        "a path as the mask": (
            initializer("Masked", initializer="ones", mask="/etc/passwd"),
            "ArgumentError",
        ),
        "a mask's shape": (
            initializer("Masked", initializer="ones", mask={"shape": [2**40]}),
            "ArgumentError",
        ),
    },
    "more memory than there is": {
        "a shape": (initializer("Constant", value={"shape": [2**40]}), "ArgumentError"),
        "a shape with an empty axis": (initializer("Constant", value={"shape": [0, 2**62]}), "ShapeError"),
        "an argument that is a shape": (initializer("Zeros", shape=[2**40]), "ConfigError"),
        "a shape beside an array's value": (
            initializer(
                "Constant", value={"class_name": "__numpy__", "config": {"shape": [2**40], "value": 1}}
            ),
            "Constant(value=1)",
        ),
        "a dtype that holds objects": (
            initializer("Constant", value={"class_name": "__numpy__", "config": {"value": 1, "dtype": "O"}}),
            "Constant(value=1)",
        ),
        "a number with many digits": (initializer("Constant", value=10**4000), "ArgumentError"),
        "a number with a large exponent": (initializer("Constant", value="1e999999999"), "ArgumentError"),
        "groups": (initializer("HeNormal", axes={"preset": "conv_oihw", "groups": 2**80}), "ArgumentError"),
    },
}

CASES = {
    f"{advisory}: {what}": case for advisory, attacks in ADVISORIES.items() for what, case in attacks.items()
}


def watched(load, configs):
    """Return what came of each config, and what happened meanwhile, if a new process gives it to `load`."""
    code = "\n".join((WATCH, BELIEVES, RUN.replace("{load}", load)))
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(configs),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module", params=["seedbed.from_config", "seedbed.get"])
def observations(request):
    return dict(zip(CASES, watched(request.param, [config for config, _ in CASES.values()]), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_an_attack_is_refused_or_harmless_and_nothing_happens(observations, case):
    found = observations[case]
    assert found["came"] == CASES[case][1]
    assert found["events"] == []
    assert found["peak"] < MIB


CAUGHT = {
    "os.system": {"module": "os", "class_name": "system", "config": {"command": "true"}},
    "subprocess.Popen": {"module": "subprocess", "class_name": "run", "config": {"args": ["true"]}},
    "compile": {"module": "ast", "class_name": "parse", "config": {"source": "1"}},
    "exec": {"module": "timeit", "class_name": "timeit", "config": {"stmt": "1", "number": 1}},
    "marshal.loads": MARSHALLED,
    "function.__new__": MARSHALLED,
    "import": {"module": "faulthandler", "class_name": "is_enabled", "config": {}},  # from no file
    "open": {"module": "io", "class_name": "open", "config": {"file": "/"}},
    "os.listdir": {"module": "os", "class_name": "listdir", "config": {"path": "/"}},
    "socket.getaddrinfo": {
        "module": "socket",
        "class_name": "create_connection",
        "config": {"address": ["127.0.0.1", 1], "timeout": 0.01},
    },
    "urllib.Request": {
        "module": "urllib.request",
        "class_name": "urlopen",
        "config": {"url": "http://127.0.0.1:1/", "timeout": 0.01},
    },
    "ctypes.dlopen": {"module": "ctypes", "class_name": "CDLL", "config": {"name": "no_such_library"}},
}


def test_a_loader_that_believes_a_config_is_caught():
    for event, found in zip(CAUGHT, watched("believe", list(CAUGHT.values())), strict=True):
        assert any(line.startswith(f"{event} ") for line in found["events"]), (event, found)


def test_a_loader_that_allocates_what_a_config_says_is_caught():
    (found,) = watched("believe", [{"module": "numpy", "class_name": "empty", "config": {"shape": [2**20]}}])
    assert found["peak"] > MIB
