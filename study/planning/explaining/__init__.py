"""Why a trial has a result already, or must be trained; what has changed in between."""
