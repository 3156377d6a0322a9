import { callerIn } from './caller.ts';
import { python } from './languages.ts';

callerIn(python);
