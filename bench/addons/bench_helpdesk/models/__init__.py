from . import bench_team
from . import bench_ticket
