"""Schedules of the learning rate. Each file registers one; `schedules` maps kinds to settings."""

from incay.trainables.registry import Registry
from incay.trainables.schedules.base import Schedule, ScheduleSettings

schedules: Registry[ScheduleSettings] = Registry(
    "schedule", __name__, key="kind", default="step", alike=("step", "plateau")
)
register_schedule = schedules.register

__all__ = ["Schedule", "ScheduleSettings", "register_schedule", "schedules"]
