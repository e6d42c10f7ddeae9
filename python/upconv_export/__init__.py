"""Writes trained decoders as models that `upconv serve` reads: `model.json` and `weights.safetensors`.

    from upconv_export import export
    export(generator).write("models/generator/1")

takes a Keras model or a PyTorch nn.Sequential; a SavedModel is a folder: `export_saved_model(folder)`. Each of the
three imports its framework only when it is called.
"""
from .chain import Chain
from .errors import ExportError, LayerError

__all__ = ["Chain", "ExportError", "LayerError", "export", "export_saved_model"]


def export(model, name=None, input_shape=None):
    """Translates a Keras 3 model, or a PyTorch module (for which `input_shape` may be needed).

    Raises ExportError with the layer, the option and the rule for what cannot be served.
    """
    families = {base.__module__.split(".")[0] for base in type(model).__mro__}
    # With the backend torch, a Keras model is a PyTorch module too.
    if "keras" in families:
        from .keras_model import export_keras
        return export_keras(model, name)
    if "torch" in families:
        from .torch_sequential import export_torch
        return export_torch(model, name, input_shape)
    name = f"{type(model).__module__}.{type(model).__name__}"
    raise ExportError(f"{name} is neither a Keras 3 model nor a PyTorch module")


def export_saved_model(folder, signature="serving_default", name=None):
    """Translates one signature of a TensorFlow SavedModel."""
    from .saved_model import export_saved_model
    return export_saved_model(folder, signature, name)
