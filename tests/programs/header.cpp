// Everything in a header, as C++.
#include "header.c"
