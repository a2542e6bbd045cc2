from setuptools import Extension, setup

setup(name="shop", version="1.0", py_modules=["shop"], ext_modules=[Extension("distance", ["distance.c"])])
