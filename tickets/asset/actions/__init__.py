"""What is done to what is installed: adding it, changing and moving it, retiring it."""

from tickets.asset.actions.register import NewAsset, add_asset, add_many, change_asset, retire

__all__ = ["NewAsset", "add_asset", "add_many", "change_asset", "retire"]
