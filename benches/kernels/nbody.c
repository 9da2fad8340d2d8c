// Floating point: gravity among five bodies, advanced by a symplectic Euler step. Dominated by sqrt, division and memory-carried sums.
#define DEFAULT_SIZE 1200000
#include <math.h>

#include "kernel.h"

enum { BODIES = 5 };
typedef struct {
    double position[3], velocity[3], mass;
} Body;

static void start(Body *bodies) {
    for (int i = 0; i < BODIES; i++) {
        double distance = i ? 2.0 + 4.5 * i : 0.0;
        bodies[i] = (Body){
            .position = {distance, 0.3 * distance, -0.05 * i},
            .velocity = {-0.11 * i, i ? 6.0 / (1.0 + i) : 0.0, 0.01 * i},
            .mass = i ? 0.04 / i : 39.0,
        };
    }
}

static NOINLINE void step(Body *bodies, double dt) {
    for (int i = 0; i < BODIES; i++) {
        for (int j = i + 1; j < BODIES; j++) {
            double delta[3], squared = 0.0;
            for (int k = 0; k < 3; k++) {
                delta[k] = bodies[i].position[k] - bodies[j].position[k];
                squared += delta[k] * delta[k];
            }
            double magnitude = dt / (squared * sqrt(squared));
            for (int k = 0; k < 3; k++) {
                bodies[i].velocity[k] -= delta[k] * bodies[j].mass * magnitude;
                bodies[j].velocity[k] += delta[k] * bodies[i].mass * magnitude;
            }
        }
    }
    for (int i = 0; i < BODIES; i++)
        for (int k = 0; k < 3; k++)
            bodies[i].position[k] += dt * bodies[i].velocity[k];
}

static double energy(const Body *bodies) {
    double sum = 0.0;
    for (int i = 0; i < BODIES; i++) {
        double speed = 0.0;
        for (int k = 0; k < 3; k++)
            speed += bodies[i].velocity[k] * bodies[i].velocity[k];
        sum += 0.5 * bodies[i].mass * speed;
        for (int j = i + 1; j < BODIES; j++) {
            double squared = 0.0;
            for (int k = 0; k < 3; k++) {
                double d = bodies[i].position[k] - bodies[j].position[k];
                squared += d * d;
            }
            sum -= bodies[i].mass * bodies[j].mass / sqrt(squared);
        }
    }
    return sum;
}

static NOINLINE uint64_t kernel(uint32_t n) {
    Body bodies[BODIES];
    start(bodies);
    for (uint32_t i = 0; i < n; i++)
        step(bodies, 0.001);
    return bits_of(energy(bodies));
}
