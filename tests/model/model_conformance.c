// The conformance suite on the model.

#include "model.h"
#include "store/conformance.h"

int main(void)
{
    return run_conformance(&store_model, "model:");
}
