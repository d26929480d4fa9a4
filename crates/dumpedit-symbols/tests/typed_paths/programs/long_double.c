long double extended = 1.5L;
_Complex long double both = 2.5L;
