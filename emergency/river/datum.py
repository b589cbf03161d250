"""GCJ-02 to WGS 84: maps published in China shift every place by some hundreds of metres, and callers read places off them.

The shift is a published formula on the Krasovsky 1940 ellipsoid; it is inverted by fixed-point steps to under a millimetre.
Pure.
"""

from math import cos, pi, sin, sqrt

SEMI_MAJOR_M = 6_378_245.0
ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943
STEPS = 8


def from_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The WGS 84 longitude and latitude (degrees) of a GCJ-02 place."""
    x, y = lon, lat
    for _ in range(STEPS):
        shifted = to_gcj02(x, y)
        x, y = x + lon - shifted[0], y + lat - shifted[1]
    return x, y


def to_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The GCJ-02 place of a WGS 84 one, both in degrees."""
    x, y = lon - 105.0, lat - 35.0
    phi = lat / 180.0 * pi
    root = 1 - ECCENTRICITY_SQUARED * sin(phi) ** 2
    east = _east_m(x, y) * 180.0 / (SEMI_MAJOR_M / sqrt(root) * cos(phi) * pi)
    north = _north_m(x, y) * 180.0 / (SEMI_MAJOR_M * (1 - ECCENTRICITY_SQUARED) / (root * sqrt(root)) * pi)
    return lon + east, lat + north


def _ripple(x: float) -> float:
    return (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0


def _north_m(x: float, y: float) -> float:
    trend = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x))
    wave = (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    long_wave = (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    return trend + _ripple(x) + wave + long_wave


def _east_m(x: float, y: float) -> float:
    trend = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x))
    wave = (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    long_wave = (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    return trend + _ripple(x) + wave + long_wave
