"""Feature incay, which lengthens feature vectors, and its siblings and opposites: a file a form."""

from incay.trainables.incay.base import FormBatch, IncayForm
from incay.trainables.registry import Registry

forms: Registry[IncayForm] = Registry("incay form", __name__)
register_form = forms.register

__all__ = ["FormBatch", "IncayForm", "forms", "register_form"]
