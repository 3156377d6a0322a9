import { callerIn } from './caller.ts';
import { java } from './languages.ts';

callerIn(java);
