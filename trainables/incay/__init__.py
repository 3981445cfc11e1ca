"""Feature incay: regularisers that lengthen feature vectors. Each form is one file."""

from trainables.incay.base import IncayForm
from trainables.registry import Registry

forms: Registry[IncayForm] = Registry("incay form", __name__)
register_form = forms.register

__all__ = ["IncayForm", "forms", "register_form"]
