"""The least that an API with a durable store does: FastAPI parses the body, and commits one INSERT through a pool.

Run as `python floor_server.py PORT CONNINFO`.
"""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI, Request
from psycopg_pool import AsyncConnectionPool

PORT, CONNINFO = sys.argv[1:]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with AsyncConnectionPool(CONNINFO, min_size=10, max_size=10, open=False) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


@app.post("/v1/returns", status_code=201)
async def insert(request: Request) -> dict[str, str]:
    given = json.loads(await request.body())
    row = (given["location_id"], given["service"], given["month"], json.dumps(given["values"]))
    async with request.app.state.pool.connection() as connection:
        await connection.execute(
            "INSERT INTO floor (location_id, service, month, content) VALUES (%s, %s, %s, %s)", row
        )
    return {"fate": "accepted"}


if __name__ == "__main__":
    uvicorn.run(app, port=int(PORT), log_level="critical", http="h11", loop="asyncio")
