from . import mappers, models
