from fastapi import APIRouter

from tickets.door import DoorRoute

router = APIRouter(route_class=DoorRoute)
