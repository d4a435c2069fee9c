from . import mappers, models
from .hooks import post_init_hook
