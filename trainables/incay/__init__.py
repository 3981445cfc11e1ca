"""Feature incay: regularisers that lengthen feature vectors. Each form is one file."""

from incay.trainables.incay.base import IncayForm
from incay.trainables.registry import Registry

forms: Registry[IncayForm] = Registry("incay form", __name__)
register_form = forms.register

__all__ = ["IncayForm", "forms", "register_form"]
